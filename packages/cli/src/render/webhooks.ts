/** What became of a delivery to a webhook, as people read it. */
import type { ResponseOf, Routes } from '@guise/api';

type Delivery = ResponseOf<Routes['testWebhook']>;

export function deliveryText({ state, attempts, error, due_at }: Delivery): string {
  const why = error === null ? '' : `: ${error}`;
  switch (state) {
    case 'delivered':
      return attempts === 1 ? 'delivered' : `delivered at attempt ${attempts}`;
    case 'failed':
      return `failed after ${attempts} attempts${why}`;
    case 'waiting':
      return attempts === 0 ? 'waiting' : `attempt ${attempts} failed${why}; again at ${due_at}`;
  }
}
