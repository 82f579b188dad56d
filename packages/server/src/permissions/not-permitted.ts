/** A denial, with what the audit is to tell of it. Its words name only what the asker named himself. */
import { GuiseError } from '@guise/model';
import type { Resource } from './resource.ts';
import { namesOf } from './resource.ts';

export class NotPermitted extends GuiseError {
  readonly action: string;
  readonly resource: Resource;

  constructor(action: string, resource: Resource, remedy: string) {
    super('not_permitted', `Cannot do ${action} on ${namesOf(resource)}: ${remedy}`);
    this.action = action;
    this.resource = resource;
  }
}
