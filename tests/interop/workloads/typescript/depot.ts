import {Parcel, describe} from './parcel';
import {Queue} from './queue';
import {Grams, kilos} from './units';

export class Depot {
  private readonly waiting = new Queue<Parcel>();

  store(label: string, weight: number): Depot {
    this.waiting.add({label, weight: kilos(weight)});
    return this;
  }

  weight(): Grams {
    return this.waiting.fold((sum, parcel) => (sum + parcel.weight) as Grams, kilos(0));
  }

  ship(): string {
    const parcel = this.waiting.next();
    return parcel ? describe(parcel) : 'nothing to ship';
  }
}
