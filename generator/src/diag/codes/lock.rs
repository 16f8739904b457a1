//! E08xx and W08xx: `mcpgen.lock`.

super::codes! {
    UNUSABLE = "E0801": "mcpgen.lock cannot be used",
        "The file is not the TOML that mcpgen writes: it was edited, holds the marks of a merge conflict, or a newer \
         mcpgen wrote it. Names are not taken from half a file.\n\nRestore it from version control. After a merge \
         conflict, take either side and run `mcpgen generate --out DIR`. Or delete it and run `mcpgen generate SPEC \
         --out DIR`: names then come from the document alone.";
    MISSING = "E0802": "a generated crate has no mcpgen.lock",
        "The file records the document and the options of a generated crate; without it nobody knows what to compare \
         the crate with.\n\nRun `mcpgen generate SPEC --out DIR` and commit the file.";

    RENAMED = "W0801": "a tool has another name than before",
        "The name of a tool stays as `mcpgen.lock` has it, as long as its operation has the same operationId. This \
         operation has another one now, so it is taken for another operation, with a name of its own. Agents, \
         configurations and overrides that know the old name no longer find it.\n\nExample:\n    get:\n      \
         operationId: fetchPet      # was getPet: the tool get_pet becomes fetch_pet\n\nGive the operation its old \
         operationId to keep the name.";
    GONE = "W0802": "a tool is no longer there",
        "`mcpgen.lock` knows a tool whose operation the document no longer has, or no longer has in a form that can be \
         called. An override of its method does not compile any more, and a client that calls it gets an error.\n\n\
         If that is what you want, nothing is to be done: generation removes it from `mcpgen.lock`.";
}
