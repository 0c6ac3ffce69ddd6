import { Controller, Get, Param, Res } from '@nestjs/common';
import type { Response } from 'express';
import { PageNotFound } from '../access/refusals';
import { ASSETS } from './assets';

@Controller('assets')
export class AssetsController {
  /** The version is part of the address only so that a browser may keep the file. */
  @Get(':version/:name')
  serve(@Param('name') name: string, @Res() response: Response): void {
    const asset = ASSETS.get(name);
    if (!asset) throw new PageNotFound('file of this name');
    response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
    response.setHeader('Content-Type', asset.type);
    response.send(asset.content);
  }
}
