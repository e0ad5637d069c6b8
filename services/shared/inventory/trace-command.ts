import { type Span, SpanKind } from '@opentelemetry/api';
import type { Script } from '../stores/script.ts';
import { failSpan, startSpan } from '../telemetry/tracing.ts';
import type { ScriptCommand } from './call-script.ts';
import type { Decision } from './decisions.ts';

/** Records a span for a command, if it is traced: from its arrival, with the wait for its turn, until it is decided. */
export function traceCommand(script: Script, command: ScriptCommand, decide: () => Promise<Decision>): Promise<Decision> {
  const span = startSpan(command.traceparent, script.name, () => ({
    kind: SpanKind.CLIENT,
    attributes: { 'db.system.name': 'redis', 'db.stored_procedure.name': script.name, 'onsale.event.id': command.eventId },
  }));
  return span ? record(span, command, decide()) : decide();
}

async function record(span: Span, command: ScriptCommand, deciding: Promise<Decision>): Promise<Decision> {
  try {
    const decision = await deciding;
    span.setAttribute('onsale.decision', decision.kind === 'refused' ? decision.code : decision.kind);
    const { orderId } = 'order' in decision ? decision.order : command.fields;
    if (orderId !== undefined) span.setAttribute('onsale.order.id', orderId);
    return decision;
  } catch (error) {
    failSpan(span, (error as Error).name, (error as Error).message);
    throw error;
  } finally {
    span.end();
  }
}
