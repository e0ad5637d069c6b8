import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import type { Context } from './context.ts';

export type Statement = {
  Effect: 'Allow';
  Action: string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string>>;
};

export const allow = (Action: string[], Resource: string | string[]): Statement => ({ Effect: 'Allow', Action, Resource });

const tasksAssumeIt = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

/** Creates a role for tasks that allows only the given statements. Returns its ARN. */
export function createTaskRole({ scope, name }: Context, id: string, statements: Statement[]): string {
  const role = new IamRole(scope, `${id}-role`, { name: `${name}-${id}`, assumeRolePolicy: JSON.stringify(tasksAssumeIt) });
  if (statements.length > 0) {
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: statements });
    new IamRolePolicy(scope, `${id}-policy`, { role: role.id, policy });
  }
  return role.arn;
}
