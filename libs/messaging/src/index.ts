export * from './answer-bell';
export * from './backend';
export * from './consumer';
export * from './doorbells';
export * from './failed-jobs';
export * from './gathering';
export * from './messaging.module';
export * from './signature';
