import { createCallerFactory, router } from "./init";
import { accountRouter } from "./routers/account";
import { adminRouter } from "./routers/admin";
import { challengeRouter } from "./routers/challenge";
import { emailVerificationRouter } from "./routers/email-verification";
import { inboxRouter } from "./routers/inbox";
import { passwordResetRouter } from "./routers/password-reset";
import { signInRouter } from "./routers/sign-in";
import { signUpRouter } from "./routers/sign-up";
import { statusRouter } from "./routers/status";

export const appRouter = router({
  signUp: signUpRouter,
  signIn: signInRouter,
  emailVerification: emailVerificationRouter,
  passwordReset: passwordResetRouter,
  account: accountRouter,
  admin: adminRouter,
  challenge: challengeRouter,
  inbox: inboxRouter,
  status: statusRouter,
});

export type AppRouter = typeof appRouter;

export const createCaller = createCallerFactory(appRouter);
