import type { AuditAction } from "@/audit/audit";
import { type Names, nameIn } from "@/components/names";

/** What the audit log's actions are called. */
export const ACTIONS: Names<AuditAction> = {
  "session.start": "Signed in",
  "session.step-up": "Proved once more who they are",
  "session.end": "Signed out",
  "session.revoke": "Ended a session",
  "device.forget": "Forgot a device",
  "code.ask": "Code asked for",
  "code.check": "Code entered",
  "link.ask": "Link asked for",
  lockout: "Locked for 15 minutes: ten wrong codes or passwords in an hour",
  "guesses.close": "Codes closed to unknown devices: a hundred wrong ones in a row",
  "device.know": "Browser made known by a link",
  "account.create": "Account created",
  "account.delete": "Account deleted",
  "account.export": "Data exported",
  "profile.change": "Profile changed",
  "password.set": "Password set",
  "password.change": "Password changed",
  "password.reset": "Password reset",
  "email.prove": "Email verified",
  "email.change": "Email changed",
  "phone.prove": "Phone number verified",
  "phone.change": "Phone number changed",
  "admin.invite": "Invited",
  "admin.grant": "Made an admin",
  "admin.revoke": "Made a user again",
  "admin.unlock": "Unlocked",
  "admin.reset": "Password reset by an admin",
  "admin.set-active": "Activated or deactivated",
  "admin.revoke-sessions": "All sessions ended by an admin",
  "admin.forget-device": "Device forgotten by an admin",
  "admin.delete": "Account deleted by an admin",
  "admin.reveal": "Addresses shown to an admin",
};

/** An action's name. */
export const actionName = (action: string): string => nameIn(ACTIONS, action) ?? action;
