// Opens GraphiQL with the tokens and example queries of this session, where the server offers them.
"use strict";

(() => {
  const ENDPOINT = "/graphql";
  const SESSION = "/graphiql/session.json";
  const NO_SESSION = { tokens: [], examples: [] };
  const NO_EXAMPLE = {
    query: "# Fill in Authorization and Onefold-Purpose under Headers, then ask.\n\n{\n  __typename\n}\n",
    variables: "",
  };
  const h = React.createElement;

  // A session exists on the loopback demo only; anywhere else the server answers 404 and people bring their own token.
  async function loadSession() {
    const response = await fetch(SESSION, { cache: "no-store" });
    return response.ok ? { ...NO_SESSION, ...(await response.json()) } : NO_SESSION;
  }

  function authorization(token) {
    return { Authorization: `Bearer ${token.token}`, "Onefold-Purpose": token.purpose };
  }

  function print(headers) {
    return JSON.stringify(headers, null, 2);
  }

  // What is in the headers editor may be half typed: then there is nothing to keep.
  function parse(text) {
    try {
      return JSON.parse(text || "{}");
    } catch {
      return {};
    }
  }

  // Queries name people, so nothing of them is left behind in the browser: GraphiQL's storage ends with the page.
  function memoryStorage() {
    const items = new Map();
    return {
      get length() {
        return items.size;
      },
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => items.set(key, value),
      removeItem: (key) => items.delete(key),
      clear: () => items.clear(),
    };
  }

  // GraphiQL names a tab after its operation; what else an example is called stands above its query.
  function tab(example, headers) {
    const title = example.name ? `# ${example.name}\n\n` : "";
    return { query: title + example.query, variables: example.variables ?? "", headers };
  }

  // Shows whose token the current tab sends, read from its headers, and puts another one there.
  function RoleSwitcher({ tokens }) {
    const { headerEditor, tabs, activeTabIndex } = GraphiQL.React.useEditorContext({ nonNull: true });
    const headers = parse(tabs[activeTabIndex].headers);
    const current = tokens.findIndex((token) => headers.Authorization === authorization(token).Authorization);
    const choose = (event) => {
      const kept = parse(headerEditor.getValue());
      headerEditor.setValue(print({ ...kept, ...authorization(tokens[event.target.value]) }));
    };
    return h(
      "label",
      { className: "onefold-role" },
      "Role",
      h(
        "select",
        { value: current, onChange: choose },
        current < 0 && h("option", { value: -1 }, "own headers"),
        tokens.map((token, index) => h("option", { key: token.role, value: index }, `${token.role} · ${token.purpose}`)),
      ),
    );
  }

  function App({ session }) {
    const headersOf = (role) => {
      const token = session.tokens.find((each) => each.role === role) ?? session.tokens[0];
      return token ? print(authorization(token)) : "";
    };
    const examples = session.examples.length ? session.examples : [NO_EXAMPLE];
    const properties = {
      fetcher: GraphiQL.createFetcher({ url: ENDPOINT }),
      defaultEditorToolsVisibility: "headers",
      defaultHeaders: headersOf(),
      defaultQuery: "# Ctrl-Space shows what can be asked here.\n",
      defaultTabs: examples.map((example) => tab(example, headersOf(example.role))),
      shouldPersistHeaders: false,
      showPersistHeadersSettings: false,
      storage: memoryStorage(),
      variables: examples[0].variables ?? "", // GraphiQL 3.9 leaves out those of the first tab otherwise
    };
    return h(
      GraphiQL,
      properties,
      session.tokens.length > 0 && h(GraphiQL.Logo, null, h(RoleSwitcher, { tokens: session.tokens })),
    );
  }

  loadSession().then((session) => {
    ReactDOM.createRoot(document.getElementById("graphiql")).render(h(App, { session }));
  });
})();
