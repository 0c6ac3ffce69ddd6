import type { ToolContract } from '@muster/domain';
import type { Builtin } from './builtin';
import { commitsGroup } from './commits-group';
import { echo } from './echo';
import { reportWrite } from './report-write';

export const BUILTINS: readonly Builtin[] = [commitsGroup, echo, reportWrite];

/** As they are registered: what a caller would PUT to use them. */
export const BUILTIN_CONTRACTS: readonly ToolContract[] = BUILTINS.map(({ contract }) => contract);
