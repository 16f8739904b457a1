//! E06xx and W06xx: options, names, what is exposed.

super::codes! {
    BAD_SERVER_NAME = "E0601": "the name of the server cannot be used",
        "The name becomes the package, the binary, the URI scheme of resources and the prefix that clients put before \
         the names of tools.\n\nExample:\n    mcpgen generate petstore.yaml --out petstore --name 'Pet Store'\n\n\
         Use lower-case words of ASCII letters and digits joined with `-`, beginning with a letter: `pet-store`.";
    BAD_TEMPLATE = "E0602": "a resource template cannot be used",
        "The URI of a resource template follows RFC 6570, restricted to what can be taken apart again: `{var}`, \
         `{+var}`, `{/var}`, `{?a,b*}` and `{&a}`.\n\nExample:\n    weather://{city}{#part}\n\n\
         The message says what is wrong; use one of the forms above.";
    AMBIGUOUS_TEMPLATES = "E0603": "a URI could be read in two ways",
        "Two resource templates match a common URI, and neither is more specific than the other: a reader could get \
         either.\n\nExample:\n    weather://tokyo/{day}\n    weather://{city}/today\n\n\
         Both match `weather://tokyo/today`. Put a literal segment into one of them, or leave one out.";
    UNKNOWN_TOOL = "E0604": "an option names a tool that is not there",
        "The option `only` chooses the tools to expose, each by its name or its operationId. An entry that matches none \
         is an error, so that a slip or a change of the document never exposes less than was meant, or nothing.\n\n\
         Example:\n    mcpgen::Builder::new(\"petstore.yaml\").only([\"get_pett\"])\n\n\
         Correct the entry; `mcpgen inspect` prints the names.";
    TOO_MANY_TOOLS = "E0605": "the document would become too many tools",
        "A model reads the name, the description and the schema of every tool before each answer: it pays for all of them \
         and chooses worse among many. More than 40 tools are refused, so that nobody gets them by accident.\n\nChoose \
         operations by tag, path, method or operationId:\n    mcpgen generate api.yaml --out api --include-tag pets \
         --include-method get\n\nor name the tools (`only` in mcpgen.toml), let a model search among them (`--expose search`), raise the limit \
         (`--max-tools 60`), or take everything (`--all`). The message lists the largest tags; `mcpgen inspect --all` shows what each tool costs.";
    TOKEN_BUDGET = "E0606": "the list of tools costs more tokens than the option `token_budget` allows",
        "The budget counts what `tools/list` answers, in tokens of o200k. The message names the largest tools.\n\nLeave \
         tools out, shorten descriptions (`[tools.NAME] description = …`), hide arguments (`[tools.NAME.parameters.ARG] \
         value = …`), or raise the budget.";
    UNKNOWN_CHOICE = "E0607": "an option matches nothing in the document",
        "An entry of `include` or `exclude`, or a key below `[tools]`, matches no operation, no tool or no argument. That is \
         an error, so that a slip or a change of the document never exposes less, or more, than was meant.\n\n\
         Example:\n    [include]\n    tags = [\"pet\"]      # the tag is called pets\n\n`*` stands for any characters but \
         `/`, and `**` for any characters.";
    NOT_A_RESOURCE = "E0608": "a tool cannot be offered as a resource",
        "Only a `GET` operation without a body whose required arguments fit into a URI can be read as a resource.\n\n\
         Expose it as a tool.";
    BAD_OPTION = "E0609": "an option of a tool cannot be followed",
        "The message says why: two arguments under one name, a constant and an environment variable for one argument, a \
         hidden argument without a value, a constant of another type than the argument has, or a schema of answers that \
         the document does not declare.";
    SEARCH = "E0610": "search mode cannot be used so",
        "In search mode (`expose = \"search\"`) operations of an OpenAPI document are no tools of their own: three tools \
         find, describe and call them, and what `pin` names stays a tool beside them. The message says what is missing: \
         an OpenAPI document (the tools of a server spec are a person's methods, each with types of its own), an \
         operation that is left to search for, or `expose = \"search\"` where there is a `pin`.\n\nExample:\n    \
         expose = \"search\"\n\n    [pin]\n    operations = [\"list_pets\"]";
    PROFILE = "E0611": "a provider or client would refuse a tool",
        "The option `profile` enforces what a provider of models or a client accepts: `anthropic`, `openai`, `gemini`, \
         `cursor`, `vscode`. Names of tools and arguments are changed where that loses nothing (the name on the wire \
         stays), and so are bounds of integers; what is left is an error.\n\nExample:\n    profile = \"cursor\"\n\nThe \
         message names the tool and the place. Rename it, hide the argument, change the schema with an overlay, or leave \
         the tool out.";
    RENAMED_TOOL = "W0601": "a tool has another name than the document gives it",
        "Names of tools are unique, at most 64 characters long and made of `A-Z a-z 0-9 _ - .`, because clients refuse \
         others.\n\nExample:\n    operationId: getPet      # twice in one document\n\n\
         The second one is called `getPet_2`. Give it a name of its own in the document.";
    RENAMED = "W0602": "a prompt or resource has another name than the document gives it",
        "Names of prompts and of resources are unique.\n\nThe second of two gets a number. Give it a name of its own in \
         the document.";
    RESOURCE_WITHOUT_TOOL = "W0603": "a resource is left out",
        "The resource is read through a tool that is not exposed.\n\nExpose the tool, or remove the resource.";
    AMBIGUOUS_RESOURCE = "W0604": "a resource is left out because a URI could mean two",
        "Two paths of the API match a common URI, and neither is more specific than the other.\n\nExample:\n    \
         /users/{id}/posts\n    /users/me/{list}\n\nBoth match `/users/me/posts`. The second one is no resource; its \
         tool is there.";
    UNUSABLE_URI = "W0605": "a resource is left out because its URI cannot be used",
        "The path and the query parameters of an operation make no URI template that can be read back, mostly because \
         it would be longer than 1,024 bytes.\n\nIts tool is there.";
    HIDDEN_TEXT = "W0620": "a text holds characters that nobody sees",
        "Bidirectional controls, zero-width and tag characters and other controls in a title or a description let it say one \
         thing to the person who reviews it and another to a model. They are left out; names and values that are sent stay \
         as they are.\n\nRemove them from the document.";
    HIDDEN_IN_URI = "W0606": "a resource is left out because one of its variables is hidden",
        "An option gives an argument a fixed value, so clients cannot give it, and the path of the resource needs it.\n\nIts \
         tool is there.";
    REFUSED = "W0608": "a provider or client refuses a tool",
        "MCP allows more than the APIs of model providers do, and clients hand tools on as they are: a tool that Anthropic or \
         OpenAI refuses makes every request of such a client fail, and Cursor leaves a tool out whose name is too long. \
         There is one warning for each kind of refusal.\n\n`--profile anthropic` (or `openai`, `gemini`, `cursor`, \
         `vscode`) changes names where that loses nothing, and makes an error of the rest.";
    TOO_LONG = "W0609": "a schema is longer than it can be printed",
        "Each tool shows its whole input schema, with everything that it refers to. Where everything of a document leads to \
         everything, that is more than any model reads. Beyond 1 MiB, what lies deepest is shown as any value of its type, \
         and conditions on it are left out: the schema accepts what the document accepts, and more, so that it is the API \
         that refuses the rest. The Rust types are whole.\n\nHide arguments (`[tools.NAME.parameters.ARG] value = …`), leave \
         the tools out, or shorten the schemas with an overlay.";
    BAD_EXTENSION = "W0607": "`x-mcp` is not understood",
        "The extension is `true`, `false`, or an object with `name`, `title`, `description` and `expose` (`tool`, `resource`, \
         `both`, `search` or `nothing`). Anything else is left aside.\n\nExample:\n    get:\n      x-mcp: { name: find_pet, expose: both }";
}
