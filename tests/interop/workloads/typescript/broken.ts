import {Parcel} from './parcel';
import {kilos} from './units';

export const unlabelled: Parcel = {label: 42, weight: kilos(1)};
