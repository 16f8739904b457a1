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
}
