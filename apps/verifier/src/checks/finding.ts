/** What one check found. `inconclusive` findings pass, and say so: nothing spoke against the step. */
export interface Finding {
  readonly check: 'output-schema' | 'postcondition' | 'read-back' | 'criterion' | 'invariant';
  readonly passed: boolean;
  readonly inconclusive: boolean;
  /** `passed`, or why not: output_invalid, check_failed, expression_error, phantom_success, criterion_failed, invariant_violated. */
  readonly code: string;
  readonly message: string;
  readonly evidenceIds: readonly string[];
}

export const passed = (check: Finding['check'], message: string, evidenceIds: readonly string[] = []): Finding => ({
  check,
  passed: true,
  inconclusive: false,
  code: 'passed',
  message,
  evidenceIds,
});

export const failed = (
  check: Finding['check'],
  code: string,
  message: string,
  evidenceIds: readonly string[] = [],
): Finding => ({
  check,
  passed: false,
  inconclusive: false,
  code,
  message,
  evidenceIds,
});

/** What a verdict says in short: the first finding that speaks against, or that nothing does. */
export function summarise(findings: readonly Finding[]): { passed: boolean; code: string; message: string } {
  const against = findings.find((finding) => !finding.passed);
  if (against) return { passed: false, code: against.code, message: against.message };
  const open = findings.find((finding) => finding.inconclusive);
  return {
    passed: true,
    code: 'passed',
    message: open ? `Nothing speaks against it. ${open.message}` : 'Every check holds.',
  };
}
