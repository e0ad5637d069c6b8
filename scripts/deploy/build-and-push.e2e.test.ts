import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Answers, type Outcome, runStubbed } from './stubs.ts';

const sha = '0123456789abcdef0123456789abcdef01234567';
const registry = '123456789012.dkr.ecr.eu-north-1.amazonaws.com';
const password = 'secret-of-the-registry';
const all = ['aws', 'docker', 'git', 'sleep'];
const services = ['persistence', 'accounts', 'query', 'purchase', 'checkout', 'catalogue'];

const arnOf = (name: string, revision: number) =>
  `arn:aws:ecs:eu-north-1:123456789012:task-definition/onsale-dev-${name}:${revision}`;
const notThere: Answer = {
  code: 254,
  err: 'An error occurred (ImageNotFoundException) when calling the DescribeImages operation',
};

/** A reply of `describe-task-definition`, including fields that `register-task-definition` does not accept. */
const described = (name: string) =>
  JSON.stringify({
    taskDefinition: {
      taskDefinitionArn: arnOf(name, 7),
      family: `onsale-dev-${name}`,
      revision: 7,
      status: 'ACTIVE',
      taskRoleArn: 'arn:role',
      networkMode: 'awsvpc',
      containerDefinitions: [{ name, image: `${registry}/onsale-dev/${name}:before`, environment: [{ name: 'A', value: 'B' }] }],
      requiresCompatibilities: ['FARGATE'],
      cpu: '1024',
      memory: '2048',
      runtimePlatform: { cpuArchitecture: 'ARM64' },
      requiresAttributes: [{ name: 'com.amazonaws.ecs.capability.ecr-auth' }],
      compatibilities: ['FARGATE'],
      registeredAt: '2026-05-01T10:00:00Z',
      registeredBy: 'arn:someone',
    },
    tags: [{ key: 'environment', value: 'dev' }],
  });

/** A deployed system whose repositories lack the tag. A test's own answers go before these. */
const deployed: Answers = [
  ['git rev-parse HEAD', sha],
  ['git status', ''],
  ['docker', ''],
  ['sleep', ''],
  ['aws sts get-caller-identity', '123456789012\tarn:aws:iam::123456789012:user/ann\n'],
  ['aws ecr get-login-password', password],
  ['aws ecr describe-images', notThere],
  ['aws ecs describe-clusters', '1'],
  ...['operations', ...services].flatMap((name): Answers => {
    const definition = `aws ecs describe-task-definition --task-definition onsale-dev-${name}`;
    return [
      [`${definition} --query taskDefinition.[`, `${arnOf(name, 7)}\t${registry}/onsale-dev/${name}:before\n`],
      [`${definition} --include TAGS`, described(name)],
      [`${definition} --output text`, name],
    ];
  }),
  ['aws ecs register-task-definition', ...['operations', ...services].map((name) => `${arnOf(name, 8)}\n`)],
  ['aws ecs describe-services*awsvpcConfiguration', 'subnet-1\tsubnet-2\n'],
  ['aws ec2 describe-security-groups*onsale-dev-operations', 'sg-1\n'],
  ['aws ecs run-task', 'arn:aws:ecs:eu-north-1:123456789012:task/onsale-dev/abc\tNone\n'],
  ['aws ecs describe-tasks', 'PENDING\tNone\tNone\n', 'STOPPED\t0\tEssential container in task exited\n'],
  ['aws logs get-log-events', 'Migrated: 0001-tickets\n'],
  ['aws ecs update-service', '{}'],
  ...services.map((name): Answers[number] => [
    `aws ecs describe-services --cluster onsale-dev --services ${name}*rolloutState`,
    `${arnOf(name, 8)}\tIN_PROGRESS\t1\t2\n`,
    `${arnOf(name, 8)}\tCOMPLETED\t2\t2\n`,
  ]),
  ['aws ecs describe-services*events', '(service purchase) was unable to place a task\n'],
  ['aws elbv2 describe-load-balancers', 'arn:lb\tonsale-dev-1.elb.amazonaws.com\n'],
  ['aws elbv2 describe-listeners', '1'],
];

const deploy = (changes: Answers = [], args = ['dev'], tools = all) =>
  runStubbed('scripts/build-and-push.sh', args, tools, [...changes, ...deployed]);

/** The calls that change something, each shortened to its first words and its subject. */
function deeds(calls: string[]): string[] {
  const verbs = /^(docker (login|buildx build)|aws ecs (register-task-definition|run-task|update-service))/;
  return calls.flatMap((call) => {
    const verb = call.match(verbs)?.[0];
    const about = call
      .match(/--service (\w+)|onsale-dev\/(\w+):|"command":\[(.*?)\]/)
      ?.slice(1)
      .find(Boolean);
    return verb ? [about ? `${verb} ${about}` : verb] : [];
  });
}

/** Some of these tests run through hundreds of polls. */
describe('build-and-push.sh', { timeout: 30_000 }, () => {
  let done: Outcome;
  beforeAll(async () => {
    done = await deploy();
  });

  it('logs in, builds each image, migrates, rolls one service after another, readers first, and prints the URL', () => {
    const { code, output, calls } = done;
    expect(code, output).toBe(0);
    expect(deeds(calls)).toEqual([
      'docker login',
      ...['purchase', 'query', 'persistence', 'accounts', 'catalogue', 'checkout', 'operations'].map(
        (name) => `docker buildx build ${name}`,
      ),
      'aws ecs register-task-definition operations',
      'aws ecs run-task "node","scripts/migrate.ts"',
      ...services.flatMap((name) => [`aws ecs register-task-definition ${name}`, `aws ecs update-service ${name}`]),
    ]);
    expect(output).toContain('Migrated: 0001-tickets');
    expect(output).toContain('  purchase: 1 of 2 tasks are running');
    expect(output.trimEnd()).toMatch(new RegExp(`Onsale ${sha} is running at https://onsale-dev-1.elb.amazonaws.com$`));
  });

  it('waits for the migration and for each deployment before the next step', () => {
    const { calls } = done;
    const lastOf = (start: string) => calls.findLastIndex((call) => call.startsWith(start));
    const update = (name: string) =>
      calls.findIndex((call) => call.includes(`update-service --cluster onsale-dev --service ${name}`));
    expect(lastOf('aws ecs describe-tasks')).toBeLessThan(update('persistence'));
    expect(calls.filter((call) => call.startsWith('aws ecs describe-tasks'))).toHaveLength(2);
    for (const [at, name] of services.slice(0, -1).entries()) {
      const polls = calls.filter((call) => call.includes(`--services ${name} `) && call.includes('rolloutState'));
      expect(polls).toHaveLength(2);
      expect(calls.lastIndexOf(polls[1] ?? '')).toBeLessThan(update(services[at + 1] ?? ''));
    }
  });

  it('runs the migration in the private subnets of persistence, with the security group of operations and no public address', () => {
    const network = 'awsvpcConfiguration={subnets=[subnet-1,subnet-2],securityGroups=[sg-1],assignPublicIp=DISABLED}';
    expect(done.calls.find((call) => call.startsWith('aws ecs run-task'))).toContain(`--network-configuration ${network} `);
  });

  it('builds each image from its target, for Graviton or the given platform, tagged with the commit', async () => {
    const images = (calls: string[]) => calls.filter((call) => call.startsWith('docker buildx build'));
    const arm = images(done.calls);
    expect(arm[0]).toBe(
      `docker buildx build --platform linux/arm64 --provenance=false --push --tag ${registry}/onsale-dev/purchase:${sha} --build-arg REVISION=${sha} --build-arg SERVICE=purchase .`,
    );
    expect(arm.at(-1)).toContain(
      `--tag ${registry}/onsale-dev/operations:${sha} --build-arg REVISION=${sha} --target operations .`,
    );
    const { calls } = await deploy([], ['dev', '--platform', 'linux/amd64']);
    expect(images(calls).every((call) => call.includes('--platform linux/amd64 '))).toBe(true);
  });

  it('registers a copy of the newest revision with its tags and the new image, without fields that AWS would reject', () => {
    const input = /^aws ecs register-task-definition --cli-input-json (.*) --query/;
    const registered = done.calls.flatMap((call) => call.match(input)?.[1] ?? []).map((json) => JSON.parse(json));
    expect(registered.map(({ family }) => family)).toEqual(['operations', ...services].map((name) => `onsale-dev-${name}`));
    expect(registered.find(({ family }) => family === 'onsale-dev-purchase')).toEqual({
      family: 'onsale-dev-purchase',
      taskRoleArn: 'arn:role',
      networkMode: 'awsvpc',
      containerDefinitions: [
        { name: 'purchase', image: `${registry}/onsale-dev/purchase:${sha}`, environment: [{ name: 'A', value: 'B' }] },
      ],
      requiresCompatibilities: ['FARGATE'],
      cpu: '1024',
      memory: '2048',
      runtimePlatform: { cpuArchitecture: 'ARM64' },
      tags: [{ key: 'environment', value: 'dev' }],
    });
  });

  it('never puts the password into an argument or its output', () => {
    const { calls, output, stdin } = done;
    expect(stdin).toBe(password);
    expect(calls.join('\n') + output).not.toContain(password);
  });

  it('when run again, does not rebuild existing tags, and does not register a revision that is already the newest', async () => {
    const newest = services.map((name): Answers[number] => [
      `aws ecs describe-task-definition --task-definition onsale-dev-${name} --query taskDefinition.[`,
      `${arnOf(name, 8)}\t${registry}/onsale-dev/${name}:${sha}\n`,
    ]);
    const { code, calls } = await deploy([['aws ecr describe-images*onsale-dev/query ', '{}'], ...newest]);
    expect(code).toBe(0);
    expect(deeds(calls).filter((deed) => deed.startsWith('docker buildx build'))).toEqual(
      ['purchase', 'persistence', 'accounts', 'catalogue', 'checkout', 'operations'].map((name) => `docker buildx build ${name}`),
    );
    const registered = deeds(calls).filter((deed) => deed.startsWith('aws ecs register-task-definition'));
    expect(registered).toEqual(['aws ecs register-task-definition operations']);
    expect(calls).toContainEqual(expect.stringContaining(`--service query --task-definition ${arnOf('query', 8)}`));
  });

  it('refuses uncommitted changes before it calls AWS, or marks them in the tag', async () => {
    const dirty: Answers = [['git status', ' M README.md\n']];
    const refused = await deploy(dirty);
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('README.md');
    expect(refused.calls.filter((call) => /^aws|^docker (login|buildx build)/.test(call))).toEqual([]);
    const { code, calls } = await deploy(dirty, ['dev', '--allow-dirty']);
    expect(code).toBe(0);
    expect(calls.find((call) => call.startsWith('docker buildx build'))).toMatch(
      new RegExp(`purchase:${sha}-dirty-\\d{8}T\\d{6}Z `),
    );
  });

  it('explains the next steps if there is no cluster yet', async () => {
    const { code, calls, output } = await deploy([['aws ecs describe-clusters', '0']]);
    expect(code).toBe(0);
    expect(output).toContain(`terraform apply -var image_tag=${sha}`);
    expect(output).toContain('scripts/deploy/run-operation.sh dev node scripts/migrate.ts');
    expect(deeds(calls).filter((deed) => deed.startsWith('aws'))).toEqual([]);
  });

  it.each<[string, Answers, string]>([
    ['its command failed', [['aws ecs describe-tasks', 'STOPPED\t3\tEssential container in task exited\n']], 'exit code 3'],
    ['it never started', [['aws ecs describe-tasks', 'STOPPED\tNone\tCannotPullContainerError\n']], 'CannotPullContainerError'],
    ['it does not end', [['aws ecs describe-tasks', 'RUNNING\tNone\tNone\n']], 'is still running after 60 minutes'],
    ['there is no room for it', [['aws ecs run-task', 'None\tRESOURCE:MEMORY\n']], 'could not be started: RESOURCE:MEMORY'],
    ['there is no security group', [['aws ec2 describe-security-groups', 'None\n']], 'no security group onsale-dev-operations'],
    ['AWS refuses', [['aws ecs run-task', { code: 254, err: 'AccessDeniedException' }]], 'AccessDeniedException'],
  ])('touches no service if the migration fails: %s', async (_, changes, reason) => {
    const { code, calls, output } = await deploy(changes);
    expect(code).not.toBe(0);
    expect(output).toContain(reason);
    expect(deeds(calls).filter((deed) => deed.startsWith('aws ecs update-service'))).toEqual([]);
  });

  it('names the log of a migration that failed', async () => {
    const { output } = await deploy([['aws ecs describe-tasks', 'STOPPED\t1\tEssential container in task exited\n']]);
    expect(output).toContain('its log is in the log group /onsale/dev/operations');
  });

  const deployment = 'aws ecs describe-services --cluster onsale-dev --services query*rolloutState';
  it.each<[string, Answers, string]>([
    [
      'it was rolled back',
      [[deployment, `${arnOf('query', 8)}\tIN_PROGRESS\t0\t2\n`, `${arnOf('query', 7)}\tIN_PROGRESS\t2\t2\n`]],
      'its deployment is now onsale-dev-query:7, not onsale-dev-query:8',
    ],
    ['it was rolled back, completely', [[deployment, `${arnOf('query', 7)}\tCOMPLETED\t2\t2\n`]], 'query was rolled back'],
    ['it failed', [[deployment, `${arnOf('query', 8)}\tFAILED\t0\t2\n`]], 'the deployment of onsale-dev-query:8 failed'],
    ['it does not end', [[deployment, `${arnOf('query', 8)}\tIN_PROGRESS\t0\t2\n`]], 'not complete after 30 minutes'],
  ])(
    'fails with the last events if a deployment fails, and does not touch the remaining services: %s',
    async (_, changes, reason) => {
      const { code, calls, output } = await deploy(changes);
      expect(code).toBe(1);
      expect(output).toContain(reason);
      expect(output).toContain('was unable to place a task');
      expect(deeds(calls).at(-1)).toBe('aws ecs update-service query');
    },
  );

  it('is not misled by a stale answer from before the deployment', async () => {
    const { code } = await deploy([
      [deployment, `${arnOf('query', 7)}\tCOMPLETED\t2\t2\n`, `${arnOf('query', 8)}\tCOMPLETED\t2\t2\n`],
    ]);
    expect(code).toBe(0);
  });

  it('fails on any registry error other than a missing tag', async () => {
    const { code, calls, output } = await deploy([
      ['aws ecr describe-images', { code: 254, err: 'RepositoryNotFoundException' }],
    ]);
    expect(code).toBe(1);
    expect(output).toContain('RepositoryNotFoundException');
    expect(deeds(calls)).toEqual(['docker login']);
  });

  it('names all missing tools, including buildx', async () => {
    const { code, output } = await deploy([], ['dev'], ['git']);
    expect(code).toBe(1);
    expect(output).toContain('aws docker');
    expect(output).not.toContain('git');
    const withoutBuildx = await deploy([['docker buildx version', { code: 1 }]]);
    expect(withoutBuildx.code).toBe(1);
    expect(withoutBuildx.output).toContain('buildx');
  });

  it.each([
    [[]],
    [['local']],
    [['dev', 'prod']],
    [['dev', '--platform']],
    [['dev', '--platform', 'linux/s390x']],
    [['dev', '--x']],
  ])('shows its usage and does nothing for the arguments %j', async (args) => {
    const { code, output, calls } = await deploy([], args);
    expect(code).toBe(2);
    expect(output).toContain('usage: scripts/build-and-push.sh');
    expect(calls).toEqual([]);
  });
});
