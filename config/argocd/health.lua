-- How Argo CD shows a WorkspaceClass, a Workspace and an ApiKey. One script
-- serves all three: their conditions follow the same rules.
-- Argo CD gives it the object as obj and runs it without Lua's string library.

local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local function is(kind, value)
  return conditions[kind] ~= nil and conditions[kind].status == value
end

local function verdict(health, kind, otherwise)
  local condition = conditions[kind]
  if condition == nil then
    return {status = health, message = otherwise}
  end
  return {status = health, message = condition.reason .. ": " .. condition.message}
end

if obj.metadata.deletionTimestamp ~= nil then
  return verdict("Progressing", is("Paused", "True") and "Paused" or "Ready", "it is being deleted")
end

-- An annotation pauses an object, and its generation stays the same. An edit
-- of one that is paused is not waited for.
if is("Paused", "True") then
  return verdict("Suspended", "Paused")
end

if status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "the operator has not seen the latest spec yet"}
end
if is("Reconciling", "True") then
  return verdict("Progressing", "Reconciling")
end
if is("Stalled", "True") then
  return verdict("Degraded", "Stalled")
end
if not is("Ready", "True") then
  return verdict("Progressing", "Ready", "the operator has not seen it yet")
end

-- What can be used is healthy. What is wrong all the same is worth reading: an
-- account that does not answer, an edit that the vendor cannot make.
for _, kind in ipairs({"AccountReady", "Synced"}) do
  if conditions[kind] ~= nil and not is(kind, "True") then
    return verdict("Healthy", kind)
  end
end
return verdict("Healthy", "Ready")
