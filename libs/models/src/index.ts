export * from './model';
export * from './model-result';
export * from './models';
export * from './scripted/script.fault';
