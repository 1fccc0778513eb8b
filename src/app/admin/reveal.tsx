import { Button } from "@/components/ui/button";

type Props = { reveal: boolean; onChange: (reveal: boolean) => void };

/** Shows addresses in clear, which the audit log records, or masks them again. */
export function Reveal({ reveal, onChange }: Props) {
  return (
    <Button look="small" title="Showing addresses is written to the audit log" onClick={() => onChange(!reveal)}>
      {reveal ? "Mask addresses" : "Show addresses"}
    </Button>
  );
}
