import { Injectable } from '@nestjs/common';

interface Route {
  readonly path: RegExp;
  readonly methods: readonly string[];
}

/** Which methods a path takes, as the OpenAPI document has it. */
@Injectable()
export class Routes {
  private routes: readonly Route[] = [];

  learn(paths: Readonly<Record<string, object>>): void {
    this.routes = Object.entries(paths).map(([template, item]) => ({
      path: new RegExp(`^${template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}/?$`),
      methods: Object.keys(item).map((method) => method.toUpperCase()),
    }));
  }

  methodsOf(path: string): string[] {
    return [...new Set(this.routes.filter((route) => route.path.test(path)).flatMap((route) => route.methods))];
  }
}
