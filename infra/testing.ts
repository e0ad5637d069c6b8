import type { TerraformStack } from 'cdktf';
import { Testing } from 'cdktf';
import { type Environment, type EnvironmentSettings, readSettings } from './settings.ts';
import { createStacks } from './stacks.ts';

type Block = Record<string, unknown>;
type Terraform = { resource: Record<string, Record<string, Block>>; terraform: Block };

/** An environment's stacks as JSON for Terraform, with some settings changed. */
export function synthesise(environment: Environment, changes: Partial<EnvironmentSettings> = {}) {
  const app = Testing.app();
  createStacks(app, environment, { ...readSettings(environment), ...changes });
  const [registry, system] = app.node.children.map((stack) => JSON.parse(Testing.synth(stack as TerraformStack)) as Terraform);
  return { registry: view(registry as Terraform), system: view(system as Terraform) };
}

export type View = ReturnType<typeof view>;

function view({ resource, terraform }: Terraform) {
  /** The resources of a type, by their ids. */
  const all = (type: string): Record<string, Block> => resource[type] ?? {};
  return {
    terraform,
    types: Object.keys(resource),
    all,
    list: (type: string): Block[] => Object.values(all(type)),
    single(type: string): Block {
      const list = Object.values(all(type));
      if (list.length !== 1) throw new Error(`${list.length} of ${type}`);
      return list[0] as Block;
    },
  };
}

type Container = {
  name: string;
  image: string;
  environment: { name: string; value: string }[];
  secrets: { name: string; valueFrom: string }[];
  readonlyRootFilesystem: boolean;
  healthCheck?: { command: string[] };
};

/** The container definition of an image's task. */
export const containerOf = (system: View, image: string): Container =>
  (
    JSON.parse(String(system.all('aws_ecs_task_definition')[`${image}-task`]?.['container_definitions'])) as Container[]
  )[0] as Container;

/** The value of a container's setting that is not secret; '' if there is none with that name. */
export const variable = ({ environment }: Container, name: string) => environment.find((one) => one.name === name)?.value ?? '';
