import { playTable } from './play-table.ts';

playTable([1, 3]);
