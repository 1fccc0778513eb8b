import type { testServer } from "./http";

type Cookie = "session" | "browser" | "device";

/** Makes browsers. Each keeps its cookies, and calls as our own pages do. */
export const visitorsOf =
  ({ send, mutate }: ReturnType<typeof testServer>) =>
  /** @param planted cookies from another source */
  (planted: Partial<Record<Cookie, string>> = {}) => {
    const jar = new Map(Object.entries(planted).map(([name, value]) => [`latchkey_${name}`, value]));
    const headers = () => ({ cookie: [...jar].map((pair) => pair.join("=")).join("; ") });
    return {
      jar,
      get: (name: Cookie) => jar.get(`latchkey_${name}`) ?? "",
      set: (name: Cookie, value: string) => jar.set(`latchkey_${name}`, value),
      /** @param loses whether the answer is lost, with its cookies */
      async call(procedure: string, input: object = {}, { loses = false } = {}) {
        const answer = await mutate(procedure, input, headers());
        const { result, error } = JSON.parse(answer.body);
        for (const line of loses ? [] : (answer.headers["set-cookie"] ?? [])) {
          const [pair = ""] = line.split(";", 1);
          const at = pair.indexOf("=");
          if (/max-age=0/i.test(line)) jar.delete(pair.slice(0, at));
          else jar.set(pair.slice(0, at), pair.slice(at + 1));
        }
        return {
          status: answer.status,
          data: result?.data,
          reason: error?.data?.reason,
          set: answer.headers["set-cookie"],
        };
      },
      async ask(procedure: string, input: object = {}) {
        const answer = await send(`/api/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`, {
          headers: headers(),
        });
        return JSON.parse(answer.body).result?.data;
      },
    };
  };

/** A browser that calls a test server. */
export type Visitor = ReturnType<ReturnType<typeof visitorsOf>>;
