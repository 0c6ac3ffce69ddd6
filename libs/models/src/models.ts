import type { ModelSetting, ModelSettings } from '@muster/chassis';
import { assertNever } from '@muster/domain';
import { Agent } from 'undici';
import { MODEL_LIMITS } from './limits';
import type { ModelRequest } from './model';
import type { Model, ModelFailure, ModelResult, ModelTime } from './model-result';
import { readScript } from './scripted/script';
import { ScriptedModel } from './scripted/scripted.model';
import { SdkModel } from './sdk/sdk.model';

/**
 * The configured models by name. Scripts are read at once, and a bad one throws ScriptInvalid; keys are looked up when
 * they are needed, and the SDK is loaded with the first call that leaves the machine.
 */
export class Models implements Model {
  private readonly byName: ReadonlyMap<string, Model>;
  // One set of kept connections for all. The deadline is the only clock: a model may think for longer than any default.
  private readonly connections = new Agent({
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: MODEL_LIMITS.CONNECT_TIMEOUT_MS },
  });

  constructor(settings: ModelSettings, env: NodeJS.ProcessEnv = process.env) {
    this.byName = new Map(Object.entries(settings).map(([name, setting]) => [name, this.model(name, setting, env)]));
  }

  /** Calls the model that the request names. Never rejects for what the outside does. */
  async call(request: ModelRequest, time: ModelTime): Promise<ModelResult> {
    return this.byName.get(request.model)?.call(request, time) ?? this.unknown(request.model);
  }

  /** Destroys the connections that are kept; calls in flight end as `reset`. */
  close(): Promise<void> {
    return this.connections.destroy();
  }

  private model(name: string, setting: ModelSetting, env: NodeJS.ProcessEnv): Model {
    switch (setting.provider) {
      case 'openai-compatible':
      case 'anthropic':
        return new SdkModel(name, setting, env, this.connections);
      case 'scripted':
        return new ScriptedModel(readScript(setting.file), setting);
      default:
        return assertNever(setting);
    }
  }

  private unknown(name: string): ModelFailure {
    const names = [...this.byName.keys()].join(', ') || 'none';
    const message = `MODELS has no model '${name}'; it has: ${names}. docs/models.md shows how to add one.`;
    return { kind: 'rejected', code: 'model_unknown', message };
  }
}
