import { actions, type Route, routes } from '@guise/api';
import { describe, expect, it } from 'vitest';
import { openapi } from './openapi.ts';

describe('the OpenAPI description', () => {
  it('is the one that was agreed on', async () => {
    const text = `${JSON.stringify(openapi(), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot('../../../../tests/golden/openapi.json');
  });

  it('refers only to components that it has', () => {
    const description = openapi() as { components: { schemas: object } };
    const references = JSON.stringify(description).matchAll(/"#\/components\/schemas\/(\w+)"/g);
    const missing = [...references].filter(([, name = '']) => !Object.hasOwn(description.components.schemas, name));
    expect(missing).toEqual([]);
    expect(JSON.stringify(description)).not.toContain('#/$defs/');
  });

  it.each(Object.entries<Route>(routes))('%s declares a known action', (_name, { action }) => {
    expect(actions).toContain(action);
  });
});
