import { playTable } from './play-table.ts';

playTable([2]);
