import { Frame } from "@/components/frame";
import { OtherWay } from "@/components/other-way";
import { safeNext } from "@/trpc/safe-next";
import { codeMetadata, codePage } from "../../_code/code-page";
import { pathTo } from "../../_page/paths";
import { VerifyForm } from "./form";

export const generateMetadata = () => codeMetadata("sign-in");

/** Takes the code that signs in. */
export default async function VerifyPage({ searchParams }: PageProps<"/signin/verify">) {
  const next = safeNext((await searchParams).next);
  const { appName, shown } = await codePage("sign-in", pathTo("/signin", { next }));
  return (
    <Frame
      appName={appName}
      aside={
        <OtherWay question="New here?" href="/signup">
          Sign up
        </OtherWay>
      }
    >
      <VerifyForm {...shown} next={next} />
    </Frame>
  );
}
