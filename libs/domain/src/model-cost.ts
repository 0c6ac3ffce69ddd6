/** US dollars for a million tokens. */
export interface ModelPrices {
  readonly inputPerMillion: number;
  readonly outputPerMillion: number;
}

/** To a billionth of a dollar: sums of binary fractions would otherwise differ in their last digits. 0 without prices. */
export function costUsdOf(inputTokens: number, outputTokens: number, prices: ModelPrices | undefined): number {
  if (!prices) return 0;
  const costUsd = (inputTokens * prices.inputPerMillion + outputTokens * prices.outputPerMillion) / 1e6;
  return Number(costUsd.toFixed(9));
}
