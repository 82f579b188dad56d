/** Told to the control plane; kept in step with the packages' version. */
export const agentVersion = '0.1.0';
