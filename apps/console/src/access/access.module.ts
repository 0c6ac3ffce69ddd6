import { Module } from '@nestjs/common';
import { ApiKeyReader } from './api-key.reader';
import { Door } from './door';
import { LoginController } from './login.controller';

@Module({ controllers: [LoginController], providers: [ApiKeyReader, Door], exports: [Door] })
export class AccessModule {}
