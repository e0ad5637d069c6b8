import { modelTest } from '../../../scripts/testing/payment-model/model-test.ts';

// The other half is in model-second.int.test.ts, so that two processes share the work.
modelTest(0);
