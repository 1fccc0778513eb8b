import type { ServerResponse } from "node:http";

/** Needs no scripts, styles, database or settings. */
const WORDS = `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Something went wrong</title>
<body style="margin: 4rem auto; max-width: 26rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif">
<main role="alert">
<h1>Something went wrong</h1>
<p>The page could not be put together: something it needs is not there at the moment. Nothing is lost. Try again in a minute.</p>
<p><a href="">Try again</a></p>
</main>
</body>
</html>
`;

/** In seconds. */
const RETRY_AFTER = 5;

/**
 * Replaces a failed page by words and 503. Next would answer 500 and a document that is empty without scripts. It is
 * done in `writeHead`, which compression and streaming both call.
 */
export function giveFailureWords(res: ServerResponse): void {
  const writeHead = res.writeHead.bind(res);
  const write = res.write.bind(res);
  const end = res.end.bind(res);
  let isFailure = false;

  const begin = (...args: Parameters<typeof writeHead>) => {
    const isPage = String(res.getHeader("content-type")).startsWith("text/html");
    if (args[0] !== 500 || !isPage || res.headersSent) return writeHead(...args);
    isFailure = true;
    for (const name of ["link", "content-encoding", "transfer-encoding", "etag"]) res.removeHeader(name);
    res.setHeader("retry-after", String(RETRY_AFTER));
    res.setHeader("content-length", String(Buffer.byteLength(WORDS)));
    return writeHead(503);
  };
  const isExchanged = () => {
    if (!res.headersSent && res.statusCode === 500) res.writeHead(500);
    return isFailure;
  };
  // Node's signatures have overloads; the arguments are unchanged.
  res.writeHead = begin as typeof res.writeHead;
  res.write = ((...args: Parameters<typeof write>) => isExchanged() || write(...args)) as typeof res.write;
  res.end = ((...args: Parameters<typeof end>) => (isExchanged() ? end(WORDS) : end(...args))) as typeof res.end;
}
