import {Grams, inKilos} from './units';

export interface Parcel {
  readonly label: string;
  readonly weight: Grams;
}

export function describe({label, weight}: Parcel): string {
  return `${label} (${inKilos(weight)})`;
}
