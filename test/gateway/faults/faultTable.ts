import { connectionFaults } from './connectionFaults';
import { downloadFaults } from './downloadFaults';
import type { Fault } from './fault';
import { responseFaults } from './responseFaults';
import { resultFaults } from './resultFaults';
import { taskFaults } from './taskFaults';

/** All faults by name. To add one, add a row to one of these tables and a line to the README. */
const table = { ...connectionFaults, ...responseFaults, ...taskFaults, ...downloadFaults, ...resultFaults };

export type FaultName = keyof typeof table;

export const faultTable: Readonly<Record<FaultName, Fault>> = table;

export const faultNames = Object.keys(table) as FaultName[];

export const isFaultName = (name: string): name is FaultName => Object.hasOwn(table, name);
