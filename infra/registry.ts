import { EcrLifecyclePolicy } from '@cdktf/provider-aws/lib/ecr-lifecycle-policy/index.js';
import { EcrRepository } from '@cdktf/provider-aws/lib/ecr-repository/index.js';
import { TerraformOutput } from 'cdktf';
import type { Context } from './parts/context.ts';
import { images } from './parts/needs.ts';

const keptImages = 30;

/** A repository for each image. It is a separate stack, because images must be pushed before anything can run them. */
export function createRegistry({ scope, name, settings }: Context): void {
  for (const image of images) {
    const repository = new EcrRepository(scope, image, {
      name: `${name}/${image}`,
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: [{ encryptionType: 'KMS' }],
      forceDelete: !settings.isProtected,
    });
    const selection = { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: keptImages };
    const policy = { rules: [{ rulePriority: 1, selection, action: { type: 'expire' } }] };
    new EcrLifecyclePolicy(scope, `${image}-lifecycle`, { repository: repository.name, policy: JSON.stringify(policy) });
    new TerraformOutput(scope, `${image}-repository`, { value: repository.repositoryUrl });
  }
}
