// Node's frameworks, as their READMEs teach. Prints "ready" once all of them listen.
//     node node_apps.mjs EXPRESS_PORT FASTIFY_PORT HONO_PORT H3_PORT AI_PORT
// Each is imported by itself, so that one that does not load leaves the others alone.
import http from "node:http"

const WORDS = ["Bread", " rises", " in", " **two", " hours**", ".\n\n", "- knead", "\n- wait"]
const [expressPort, fastifyPort, honoPort, h3Port, aiPort] = process.argv.slice(2).map(Number)
const host = "127.0.0.1"

async function serveExpress() {
  const { default: express } = await import("express")
  const { createSession } = await import("better-sse")
  const app = express()
  app.get("/better-sse", async (request, response) => {
    const session = await createSession(request, response)
    for (const word of WORDS) session.push(word)
    setTimeout(() => response.end(), 50)
  })
  app.all("/raw", (request, response) => {
    response.setHeader("Content-Type", "text/event-stream")
    response.flushHeaders()
    for (let number = 0; number < 4; number++) {
      const data = { num: number, time: `10:00:0${number}` }
      response.write(`data: ${JSON.stringify(data)}\n\n`)
    }
    response.end()
  })
  app.listen(expressPort, host)
}

async function serveFastify() {
  const { default: fastify } = await import("fastify")
  const { default: sse } = await import("@fastify/sse")
  const app = fastify()
  await app.register(sse)
  app.get("/events", { sse: true }, async (request, reply) => {
    for (const word of WORDS) await reply.sse.send({ data: word })
  })
  await app.listen({ port: fastifyPort, host })
}

async function serveHono() {
  const { Hono } = await import("hono")
  const { streamSSE } = await import("hono/streaming")
  const { serve } = await import("@hono/node-server")
  const app = new Hono()
  app.all("/sse", (context) =>
    streamSSE(context, async (stream) => {
      for (const [id, data] of WORDS.entries())
        await stream.writeSSE({ data, event: "token", id: String(id) })
    }),
  )
  serve({ fetch: app.fetch, port: honoPort, hostname: host })
}

async function serveH3() {
  const { H3, createEventStream } = await import("h3")
  const { toNodeHandler } = await import("h3/node").catch(() => import("h3"))
  const app = new H3()
  app.all("/sse", (event) => {
    const stream = createEventStream(event)
    const push = async () => {
      for (const word of WORDS) await stream.push(word)
      await stream.close()
    }
    push()
    return stream.send()
  })
  http.createServer(toNodeHandler(app)).listen(h3Port, host)
}

async function serveAI() {
  const { streamText, simulateReadableStream } = await import("ai")
  const { MockLanguageModelV3 } = await import("ai/test")
  const total = (count) => ({ total: count })
  const chunks = [
    { type: "stream-start", warnings: [] },
    { type: "reasoning-start", id: "r" },
    { type: "reasoning-delta", id: "r", delta: "Flour first." },
    { type: "reasoning-end", id: "r" },
    { type: "text-start", id: "t" },
    ...WORDS.map((delta) => ({ type: "text-delta", id: "t", delta })),
    { type: "text-end", id: "t" },
    { type: "tool-call", toolCallId: "c", toolName: "bake", input: '{"kind":"rye"}' },
    {
      type: "finish",
      finishReason: { unified: "stop", raw: "stop" },
      usage: { inputTokens: total(4), outputTokens: total(11) },
    },
  ]
  const model = () =>
    new MockLanguageModelV3({
      doStream: async () => ({ stream: simulateReadableStream({ chunks }) }),
    })
  const answer = (request, response) => {
    const result = streamText({ model: model(), prompt: "How long does bread rise?" })
    if (request.url === "/ui") result.pipeUIMessageStreamToResponse(response)
    else result.pipeTextStreamToResponse(response)
  }
  http.createServer(answer).listen(aiPort, host)
}

for (const serve of [serveExpress, serveFastify, serveHono, serveH3, serveAI]) {
  try {
    await serve()
  } catch (error) {
    console.error(serve.name, error)
  }
}
console.log("ready")
