import type { PropsOf, SmsTemplate, Template } from "../messages";

/** Where a message leads: the label of its button. */
export type Way =
  | "signUp"
  | "signIn"
  | "verifyEmail"
  | "resetPassword"
  | "useBrowser"
  | "recover"
  | "sessions"
  | "support";

/** What a mail says: before and after its code or buttons, one string a paragraph. */
export type MailWords = {
  /** Never the code: a locked phone shows it (standards, DEL-05). */
  subject: string;
  title: string;
  /** What lists of messages show after the subject; without it the first paragraph. Never the code either. */
  preview?: string;
  before: string[];
  after: string[];
};

/** All that messages say in one language. A language is complete when it compiles. */
export type Words = {
  /** BCP 47, for the mail's `lang`. */
  language: string;
  ways: Record<Way, string>;
  footer: {
    sentBy: (app: string, to: string) => string;
    /** Holds `email` once, as it is: there it becomes a link. */
    questions: (email: string) => string;
  };
  mail: { [T in Template]: (props: PropsOf[T], app: string) => MailWords };
  /**
   * With an `app` of 40 letters at most 160 characters of GSM-7, and no address of a page. A code's own last line,
   * or a link, is added to it.
   */
  sms: { [T in SmsTemplate]: (props: PropsOf[T], app: string) => string };
};
