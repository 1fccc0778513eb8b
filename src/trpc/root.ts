import { createCallerFactory, router } from "./init";
import { accountRouter } from "./routers/account";
import { challengeRouter } from "./routers/challenge";
import { inboxRouter } from "./routers/inbox";
import { signInRouter } from "./routers/sign-in";
import { signUpRouter } from "./routers/sign-up";

export const appRouter = router({
  signUp: signUpRouter,
  signIn: signInRouter,
  account: accountRouter,
  challenge: challengeRouter,
  inbox: inboxRouter,
});

export type AppRouter = typeof appRouter;

export const createCaller = createCallerFactory(appRouter);
