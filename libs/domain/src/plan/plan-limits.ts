/** Bounds of checking a plan, each with its reason. What a plan itself may have stands in LIMITS. */
export const PLAN_CHECK = {
  /** Nobody reads more; the answer says how many were left out. */
  PROBLEMS_MAX: 1_000,
  /** Looking for the nearest name costs a comparison with every name there is. */
  SUGGESTIONS_MAX: 50,
  SUGGESTION_NAMES_MAX: 5_000,
  /** Cycles named one by one; breaking these mostly breaks the rest. */
  CYCLES_MAX: 20,
  /** Steps of a cycle that are spelled out. */
  CYCLE_NAMES_MAX: 20,
  /** A larger picture is drawn by no viewer. */
  PICTURE_STEPS_MAX: 300,
  ATTEMPTS_MAX: 100,
  TIMEOUT_MS_MAX: 24 * 60 * 60 * 1_000,
} as const;
