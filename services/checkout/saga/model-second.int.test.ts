import { modelTest } from '../../../scripts/testing/payment-model/model-test.ts';

// The first half is in model.int.test.ts.
modelTest(1);
