"""One rule: an action of the probe, with an argfile that is made from a template."""

def _fill(text, paths):
    for name in paths:
        text = text.replace("{" + name + "}", paths[name])
    return text

def _impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".out")
    outputs = [out]
    paths = {"out": out.path}
    if ctx.attr.directory:
        directory = ctx.actions.declare_directory(ctx.label.name + ".dir")
        outputs.append(directory)
        paths["dir"] = directory.path
    inputs = list(ctx.files.srcs)
    if ctx.attr.more:
        more = ctx.actions.declare_file(ctx.label.name + ".more")
        ctx.actions.write(more, "\n".join(ctx.attr.more) + "\n")
        inputs.append(more)
        paths["more"] = more.path
    if ctx.attr.has_undeclared:
        # It is there, and it is no input of the action itself.
        undeclared = ctx.actions.declare_file(ctx.label.name + ".undeclared")
        ctx.actions.write(undeclared, "--undeclared\n")
        paths["undeclared"] = undeclared.path
    params = ctx.actions.declare_file(ctx.label.name + ".params")
    paths["params"] = params.path
    # A template keeps every byte; `ctx.actions.write` of some versions writes other text than ASCII in another encoding.
    braced = {"{" + name + "}": paths[name] for name in paths}
    ctx.actions.expand_template(template = ctx.file.template, output = params, substitutions = braced)
    if ctx.attr.has_params:
        inputs.append(params)
    arguments = [_fill(argument, paths) for argument in ctx.attr.arguments]
    if ctx.attr.tool_is_input:
        inputs = inputs + ctx.files.tool + ctx.files.data
        executable = ctx.files.tool[0].path
        tools = []
    elif ctx.attr.missing_program:
        executable = ctx.label.package + "/tool/missing.sh"
        tools = ctx.files.tool + ctx.files.data
    else:
        executable = ctx.executable.tool
        tools = ctx.files.data
    ctx.actions.run(
        executable = executable,
        tools = tools,
        inputs = inputs,
        outputs = outputs,
        arguments = arguments,
        env = ctx.attr.env,
        mnemonic = ctx.attr.mnemonic,
        execution_requirements = ctx.attr.requirements,
    )
    return [DefaultInfo(files = depset(outputs))]

def _program_impl(ctx):
    program = ctx.actions.declare_file(ctx.file.src.basename)
    ctx.actions.expand_template(template = ctx.file.src, output = program, substitutions = {}, is_executable = True)
    return [DefaultInfo(executable = program, runfiles = ctx.runfiles(files = ctx.files.data))]

# A program with a file of its own beside it: what lies in the runfiles of a tool belongs to the tool.
program = rule(
    implementation = _program_impl,
    executable = True,
    attrs = {
        "src": attr.label(allow_single_file = True),
        "data": attr.label_list(allow_files = True),
    },
)

probe = rule(
    implementation = _impl,
    attrs = {
        "tool": attr.label(allow_single_file = True, executable = True, cfg = "CONFIGURATION"),
        "data": attr.label_list(allow_files = True, cfg = "CONFIGURATION"),
        "srcs": attr.label_list(allow_files = True),
        "template": attr.label(allow_single_file = True),
        "more": attr.string_list(),
        "arguments": attr.string_list(),
        "env": attr.string_dict(),
        "mnemonic": attr.string(),
        "requirements": attr.string_dict(),
        "directory": attr.bool(),
        "has_params": attr.bool(),
        "has_undeclared": attr.bool(),
        "tool_is_input": attr.bool(),
        "missing_program": attr.bool(),
    },
)
