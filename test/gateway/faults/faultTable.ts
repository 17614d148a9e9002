import { connectionFaults } from './connectionFaults';
import { downloadFaults } from './downloadFaults';
import type { Fault } from './fault';
import { replyFaults } from './replyFaults';
import { resultFaults } from './resultFaults';
import { taskFaults } from './taskFaults';

/** Every fault by its name. A new one is a row in one of these tables and a line in the README. */
const table = { ...connectionFaults, ...replyFaults, ...taskFaults, ...downloadFaults, ...resultFaults };

export type FaultName = keyof typeof table;

export const faultTable: Readonly<Record<FaultName, Fault>> = table;

export const faultNames = Object.keys(table) as FaultName[];

export const isFaultName = (name: string): name is FaultName => Object.hasOwn(table, name);
