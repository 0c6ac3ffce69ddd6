export * from './backend';
export * from './consumer';
export * from './doorbells';
export * from './messaging.module';
