import { createServer } from "node:http";
import { startResendStandIn } from "@/testing/resend-stand-in";
import { provider } from "./servers";

// The stand-in speaks Resend's API to the app; what it was sent is read at another port, as one reads a mailbox.
const { sent } = await startResendStandIn({ port: provider.port });
createServer((_req, res) => {
  res.setHeader("content-type", "application/json").end(JSON.stringify(sent));
}).listen(provider.mailbox, "127.0.0.1");
