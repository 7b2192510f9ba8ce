/** Grams, told apart from other numbers by the compiler only. */
export type Grams = number & {readonly unit: 'g'};

export const GRAMS_PER_KILO = 1000;

export function kilos(amount: number): Grams {
  return (amount * GRAMS_PER_KILO) as Grams;
}

export function inKilos(weight: Grams): string {
  return `${(weight / GRAMS_PER_KILO).toFixed(1)} kg`;
}
