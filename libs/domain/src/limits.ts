/** Every bound of the runtime, named, with its reason. What operators may change is in the configuration (libs/chassis). */
export const LIMITS = {
  /** A request body larger than this is refused before it is parsed. */
  REQUEST_BYTES_MAX: 16 * 1024 * 1024,
  /** Deeper JSON can overflow the stack of a validator. */
  JSON_DEPTH_MAX: 64,
  /** Steps of a plan that a person wrote. */
  PLAN_STEPS_MAX: 100_000,
  /** Steps of a plan that a model made. */
  MODEL_PLAN_STEPS_MAX: 1_000,
  /** A tool's answer, a request or an artifact. */
  ARTIFACT_BYTES_MAX: 64 * 1024 * 1024,
  FOR_EACH_ITEMS_MAX: 10_000,
  BATCH_TASKS_MAX: 1_000,
  NAME_LENGTH_MAX: 128,
  /** Skills inside skills. */
  SKILL_DEPTH_MAX: 8,
  /** What a caller names its own things with: an idempotency key, the id of a message. */
  REFERENCE_LENGTH_MAX: 255,
  /** A chain dispatched at once; longer ones go on with a new run. */
  RUN_STEPS_MAX: 64,
  /** Steps of one tenant in flight; the backlog waits in Postgres. */
  TENANT_WINDOW: 2_500,
  /** Items a doorbell may name: keeps a message below 4 KB. */
  DOORBELL_ITEMS_MAX: 64,
  /** Claims that ended with their worker, without an answer, before the step is quarantined. */
  WORKER_LOSSES_MAX: 3,
  /** A dispatched step nobody claimed is rung again after this; the wait doubles with every ring. */
  ANSWER_DUE_MS: 5_000,
  /** The longest wait between two rings of one dispatch. */
  ANSWER_DUE_MS_MAX: 60_000,
  /** A verdict or probe that did not come is asked for again after this. */
  VERDICT_DUE_MS: 5_000,
  /** How often a parked operation that can be asked about is asked again. */
  PARKED_PROBE_MS: 30_000,
  /** Probes that could not tell before a person is called. */
  PROBES_INCONCLUSIVE_MAX: 5,
  /** How often a withdrawn task looks for calls that are still in flight. */
  WITHDRAWAL_DUE_MS: 500,
  /** Rounds of an agent on end that bring nothing new before it is stopped. */
  AGENT_IDLE_ROUNDS_MAX: 3,
  /** Final answers of an agent that are not what its contract says and may be repaired. */
  AGENT_REPAIRS_MAX: 2,
  /** Agents on top of each other, whatever their budgets say: the ids of steps grow with it. */
  AGENT_DEPTH_MAX: 16,
  /** Calls that one answer of a model may ask for, whatever the budgets say. */
  AGENT_FAN_OUT_MAX: 1_000,
  /** All calls of one agent: each decision about it reads them. */
  AGENT_CALLS_MAX: 5_000,
  EXPRESSION_LENGTH_MAX: 4_096,
  EXPRESSION_NODES_MAX: 512,
  EXPRESSION_DEPTH_MAX: 32,
  EXPRESSION_TIME_MS_MAX: 50,
  LIST_PAGE_DEFAULT: 50,
  LIST_PAGE_MAX: 500,
  /** Steps that one event of a history names. */
  EVENT_STEPS_MAX: 1_000,
  /** What the events of one page say, in bytes of JSON; the one that passes it is the last. */
  EVENT_PAGE_BYTES_MAX: 64 * 1024,
  WAIT_MS_MAX: 60_000,
  /** A finished task stays at least so long: its Idempotency-Key is good for a day, and answers come late. */
  RETENTION_MS_MIN: 24 * 60 * 60 * 1_000,
  /** A hundred years: an age beyond it is a slip of the unit. */
  RETENTION_MS_MAX: 36_500 * 24 * 60 * 60 * 1_000,
} as const;
