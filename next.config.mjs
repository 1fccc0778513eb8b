/** @type {import("next").NextConfig} */
export default {
  typedRoutes: true,
  poweredByHeader: false,
  agentRules: false,
  // Titles come with the page, not streamed after it: a screen reader reads the title first.
  htmlLimitedBots: /.*/,
  // The image optimiser is attack surface that no page uses.
  images: { unoptimized: true },
  // `npm test` checks the types; a first start need not wait for it a second time.
  typescript: { ignoreBuildErrors: true },
  // The front door writes one line for each request; Next's own would be a second, unmasked one.
  logging: false,
  // Where password managers look for the page that changes a password (W3C change-password-url).
  redirects: async () => [
    { source: "/.well-known/change-password", destination: "/account#password", permanent: false },
  ],
};
