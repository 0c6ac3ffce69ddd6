import type { ToolContract } from '@muster/domain';
import { approval } from './approval';
import type { Builtin } from './builtin';
import { commitsGroup } from './commits-group';
import { echo } from './echo';
import { reportWrite } from './report-write';

/** What anybody may register. */
const OPEN: readonly Builtin[] = [commitsGroup, echo, reportWrite];

export const BUILTINS: readonly Builtin[] = [...OPEN, approval];

/** As they are registered: what a caller would PUT to use them. */
export const BUILTIN_CONTRACTS: readonly ToolContract[] = OPEN.map(({ contract }) => contract);
