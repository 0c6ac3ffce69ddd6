import { bootService } from '@muster/chassis';
import { VerifierModule } from './verifier.module';

void bootService({ name: 'verifier', module: VerifierModule });
