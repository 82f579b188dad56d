/** What hosts know their control plane by, whatever address they dial. */
export const controlPlaneName = 'control-plane.guise.internal';
