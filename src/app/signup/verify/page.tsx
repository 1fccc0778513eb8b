import { Frame } from "@/components/frame";
import { OtherWay } from "@/components/other-way";
import { codeMetadata, codePage } from "../../_code/code-page";
import { VerifyForm } from "./form";

export const generateMetadata = () => codeMetadata("sign-up");

/** The second step of sign-up: the code. */
export default async function VerifyPage() {
  const { appName, shown } = await codePage("sign-up", "/signup");
  return (
    <Frame
      appName={appName}
      aside={
        <OtherWay question="Have an account?" href="/signin">
          Sign in
        </OtherWay>
      }
    >
      <VerifyForm {...shown} />
    </Frame>
  );
}
