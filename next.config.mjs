/** @type {import("next").NextConfig} */
export default {
  typedRoutes: true,
  poweredByHeader: false,
  agentRules: false,
  // The image optimiser is attack surface that no page uses.
  images: { unoptimized: true },
  // The front door writes one line for each request; Next's own would be a second, unmasked one.
  logging: false,
};
