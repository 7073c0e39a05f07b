DROP VIEW streets;
ALTER TYPE kinds.address ADD ATTRIBUTE zip text, ADD ATTRIBUTE planet kinds.mood;
ALTER TYPE kinds.address DROP ATTRIBUTE number;
