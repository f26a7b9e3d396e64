// The simulator's certificates are made with these. As one file they load in a third of the time.
import 'reflect-metadata';

export * from '@peculiar/x509';
