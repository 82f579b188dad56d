/**
 * The persona document, `guise: persona/v1`: the facets put together.
 *
 * Every facet is optional and every object is strict: an unknown key is an error, never a guess.
 * Values here are as after rendering; `validate.ts` lets a scalar that still holds `{{ … }}` pass until it is rendered.
 * Source: ../shared/DESIGN.md "The persona document"; ../shared/source-documents/.
 */
import { z } from 'zod';
import { configurationTwin } from './configuration-parameters.ts';
import { identityFields } from './facets/identity.ts';
import { monitoringFields } from './facets/monitoring.ts';
import { networkFields } from './facets/network.ts';
import { operatingSystemFields } from './facets/operating-system.ts';
import { pipelineFields } from './facets/pipeline.ts';
import { resourceFields } from './facets/resources.ts';
import { securityFields } from './facets/security.ts';
import { serviceFields } from './facets/services.ts';
import { softwareFields } from './facets/software.ts';
import { triggerFields } from './facets/triggers.ts';

const persona = z.strictObject({
  ...identityFields,
  ...resourceFields,
  ...operatingSystemFields,
  ...softwareFields,
  ...serviceFields,
  ...networkFields,
  ...securityFields,
  ...monitoringFields,
  ...triggerFields,
  ...pipelineFields,
});

export type PersonaDocument = z.infer<typeof persona>;
export type ParameterDefinition = NonNullable<PersonaDocument['parameters']>[string];

export const personaSchema = persona.superRefine((document, context) => {
  for (const key of Object.keys(document.configuration_parameters ?? {})) {
    const twin = configurationTwin(key, document);
    if (twin === null) continue;
    const message = `must be left out, because "${twin}" says it too`;
    context.addIssue({ code: 'custom', path: ['configuration_parameters', key], message });
  }
});
